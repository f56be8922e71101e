#!/usr/bin/env python3
"""A whole mail server inside a program: one account and one alias, mail in memory, free ports, a certificate of its own.

What a unit test does with it: send a message with the standard library's client, over TLS, and look into the mailbox.
"""

import smtplib

import libmail

with libmail.Server({"ann@example.com": "secret"}, {"hello@example.com": "ann@example.com"}) as server:
    with smtplib.SMTP(*server.submission) as smtp:
        smtp.starttls(context=server.ssl_context())
        smtp.login("ann@example.com", "secret")
        smtp.sendmail("ann@example.com", ["hello@example.com"], "Subject: First light\n\nHello.\n")
    [message] = server.messages("ann@example.com")
    assert message.email["Subject"] == "First light"
    print(f"{len(message.bytes)} octets for {server.resolve('hello@example.com').recipients[0].address}")
