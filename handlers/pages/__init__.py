"""The pages of the server: HTML for people, drawn here, complete without a script.

`rendering` draws a `View` and says what a browser may do with it; `views` says what each page
shows; `base.Page` answers with pages, and takes only forms that the same browser was shown.
`handlers.account.pages.routes` lists where they are.  Templates escape whatever they are given;
nothing that a person or a client sent is drawn raw.
"""
