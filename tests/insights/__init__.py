"""What learners say."""
