"""How UpCoach is packaged; the tools' settings are in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
PACKAGES = ("upcoach", "handlers", "streams", "models", "config")


def dependencies() -> list[str]:
    """What the server needs, without the exact versions of the lock."""
    lines = (ROOT / "requirements" / "base.in").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


setup(
    name="upcoach",
    version="0.1.0",
    description="The realtime backend of a habit and goal coach",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    packages=find_packages(include=[*PACKAGES, *(f"{package}.*" for package in PACKAGES)]),
    package_data={package: ["**/*"] for package in PACKAGES},
    exclude_package_data={"": ["*.pyc"]},
    install_requires=dependencies(),
    entry_points={"console_scripts": ["upcoach = upcoach.__main__:main"]},
)
