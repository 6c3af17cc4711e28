"""What the laws try of the operators' desk."""

from tests.admin.flawed import WRONG
from tests.support.laws.context import ContextRows

ROWS = ContextRows(name="admin", negatives={"desks": len(WRONG)})
