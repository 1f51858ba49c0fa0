"""``annexe5 audit``: months of real traffic judged after the event, without a live peer, by the oracles of a campaign.

``archive`` finds the files, ``moments`` tells when each crossed, ``reading`` judges them and keeps of each row what the
life of its order needs, ``patterns`` and ``judging`` follow the orders, ``outcome``, ``text`` and ``machine`` tell.
"""
