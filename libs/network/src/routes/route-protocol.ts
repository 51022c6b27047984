/** Tags our routes (`ip route show proto 98`), so that they are told from everybody else's. A free number of rtnetlink(7)'s range. */
export const ROUTE_PROTOCOL = '98';
