"""What a mail that came back says: a bounce, a complaint or neither; and of a bounce whether it is hard.

Pure, and written from the standards (RFC 3464, 3463, 5248, 5965, 3834, 6522, 7505) and from what servers say.
Its first rule: when in doubt a bounce is soft, because a soft one costs a mail and a hard one a customer.
"""
