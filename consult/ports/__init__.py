"""The outside world as Protocol, real thing and a harmless one.

`mail` hands letters to a mail server, to a mailbox folder (embedded mode) or to nobody;
`storage` keeps uploaded files on disk or in memory; `language_model` a text generator, where one is configured;
`typesetting` makes PDF in a child with limits; `suggestions` asks the process that holds the language model which strategies a text is about.
Nothing here knows Flask or the database; settings come in as values.
"""
