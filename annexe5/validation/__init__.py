"""``annexe5 validate``: from paths to verdicts (DESIGN §5). Above tables and messages, which judge; knows no rule.

``sources`` finds the files, ``recognise`` their flow, ``run`` judges them, ``masking`` hides what is personal, ``text``
and ``machine`` tell. Nothing heavy is imported before a file asks for it: a small file's verdict stands within half a
second.
"""
