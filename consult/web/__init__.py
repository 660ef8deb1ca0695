"""Flask glue: what every page needs and no feature owns.

A request comes through the turnstile into the application, which holds the commit rule; who may enter a page, who is signed in, the
database session, limits and security headers are settled before a feature's view is called. Beside these stand what views and templates
share: forms and fields, words for codes, dates and numbers, sentences for failures, static addresses.
"""
