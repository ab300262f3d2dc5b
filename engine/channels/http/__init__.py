"""Channels that speak HTTP: providers of SMS, push and WhatsApp, webhooks, chats; each described by data."""
