"""What a learner takes away from a profile, in formats that others read: plain JSON files, made on request.

`transcript` is the standardised transcript of modules under the Lifelong Learning Entitlement, `json_resume` a JSON
Resume, `europass` a document in the shape of the European Learning Model. All three are pure functions of the profile;
`service` gathers what they need.

Decisions
- Nothing here is signed and none of it claims to be: every file links to the pages where the credentials in it are
  checked, and the signed record (CLR 2.0) is made elsewhere.
- A file names what was achieved and holds. What was withdrawn or not passed is in none of them.
- The ULN is in a file only when the institution asks for it; a share link never gives it.
- The same profile makes the same bytes.
"""
