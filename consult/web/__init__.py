"""Flask glue: what every page needs and no feature owns.

`application` the app class with the commit rule; `access` marks and their enforcement; `session` the request's database session;
`identity` who is signed in; `forms` base form and fields; `errors` sentences for failures; `headers` security headers;
`limits` rate limits; `labels` words for codes; `formats` dates and numbers; `assets` hashed static addresses; `responses` small answers.
"""
