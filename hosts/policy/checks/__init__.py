"""What each part of a request may ask for. A check yields findings; none means that nothing forbids it."""
