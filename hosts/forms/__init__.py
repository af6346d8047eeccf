"""What people type on the hosts pages, checked; each form says what is wrong beside the field it belongs to."""
