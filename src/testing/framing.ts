/** How HTTP/1.1 marks the end of a body. Only the first two show the receiver that something is missing. */
export type Framing = 'length' | 'chunks' | 'close'
