"""The edges: bytes in, bytes out, over SFTP, FTP, mail and plain folders (clauses TRA-01 to TRA-11, MAIL-01 to 03).

Nothing here knows a flow or the contract: hosts, folders, accounts and names come as plain values.
"""
