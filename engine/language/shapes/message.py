"""The front matter of a message."""

from __future__ import annotations

from engine.language.shapes.pieces import Schema, text

MESSAGE: Schema = {
    "type": "object",
    "title": "message",
    "properties": {
        "subject": text("What inboxes show; Liquid may stand in it.", "Your cart is still here"),
        "preheader": {
            "type": "string",
            "description": "What inboxes show behind the subject.",
            "examples": ["We have kept it for you."],
        },
        "from": text("A sender of the catalog.", "shop"),
        "reply_to": text("Where answers go, if not where the sender says.", "help@shop.example"),
        "layout": text("A layout of _layouts, or none.", "none"),
        "topic": text("The topic, if the step and the journey name none.", "newsletter"),
        "attachments": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "examples": ["return-form.pdf"]},
            "maxItems": 10,
            "description": "Files beside the journey that travel with the mail.",
            "examples": [["return-form.pdf"]],
        },
    },
    "required": ["subject"],
    "additionalProperties": False,
}
#: Of a message for sms, push, whatsapp or chat; a subject is the title of a push message.
TEXT_MESSAGE: Schema = {
    "type": "object",
    "title": "message",
    "properties": {key: MESSAGE["properties"][key] for key in ("subject", "topic")},
    "additionalProperties": False,
}
