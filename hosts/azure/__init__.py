"""The only place that imports the Azure SDK; nothing here knows Django. The SDK is imported when it is first used.

types: what the rest of the house sees; errors: what can go wrong, in Azure's own codes; credentials: who signs in;
client: one subscription; templates and scripts: the ARM templates of our own, and what a new machine runs.
"""
