"""The pages of the server: HTML for people, drawn here, complete without a script.

`rendering` draws a `PageView` and says what a browser may do with it; `views` says what each page
shows; `base.PageHandler` answers with pages, and takes only forms that the same browser was shown.
The pages themselves are in `handlers.account.pages` and `handlers.oauth`.  Templates escape
whatever they are given; nothing that a person or a client sent is drawn raw.
"""
