//! What is known of runs and done to them: jobs, history, orders, rates, pages, notices.
pub(super) mod background;
pub(super) mod control;
pub(super) mod events;
pub(super) mod history;
pub(super) mod notices;
pub(super) mod pages;
pub(super) mod rates;
pub(super) mod report;
pub(super) mod steer;
