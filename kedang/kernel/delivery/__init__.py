"""Reaching people outside the product: which messages go out to whom, by mail or robot, when, and what became of each.

A `Notice` is written in the deed's own transaction and is the outbox. The worker's companion plans it (one `Delivery` a
channel, after the person's quiet hours), words it at the moment of sending with the receiver's rights of that moment, sends
it, tries again with growing pauses, and gives up where administrators see it. Delivered at least once: a worker that dies
between the target's answer and its own commit sends again.
"""
