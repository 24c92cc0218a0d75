//! The one place that asks what day it is: which versions are in force depends on it.

use jiff::Zoned;
use jiff::civil::Date;

/// Today where this machine is.
pub(crate) fn today() -> Date {
    Zoned::now().date()
}
