"""What tests share: engines, servers in this process and in others."""
