"""From web pages to token shards."""
