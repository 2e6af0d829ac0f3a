/** The nil UUID, a placeholder that is never a real key. Requests are compared with it in the place of the key. */
export const ANY_KEY = '00000000-0000-0000-0000-000000000000'
