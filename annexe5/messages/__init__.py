"""SOAP messages and their contracts: reading raw bytes safely, judging them, building them, WSDL without I/O.

Contracts stand in ``schemas/soap/<service>/``; nothing here opens a connection (``annexe5.transport`` carries bytes).
"""
