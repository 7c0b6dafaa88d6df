def spoken_to(records, user):
    """``records`` in the language of ``user``, for words that are kept for them.

    A task or a message keeps its words for good, and a job or a colleague who makes it
    may speak another language than the person who will read it.
    """
    return records.with_context(lang=user.lang or records.env.lang)
