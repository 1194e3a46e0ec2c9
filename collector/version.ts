// The version that the page, the API and `niswatch version` show.

export const VERSION = '0.1.0';
