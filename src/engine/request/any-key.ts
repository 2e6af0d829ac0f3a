/** The nil UUID, which is no key: requests are compared with it in the key's place. */
export const ANY_KEY = '00000000-0000-0000-0000-000000000000'
