/** As openapi-typescript makes it of a description. */
export interface paths {
  '/orders': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never }
    post: {
      requestBody: { content: { 'application/json': { item: string } } }
      responses: {
        201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }
        402: { headers: Record<string, unknown>; content: { 'application/json': { message: string } } }
      }
    }
  }
}
