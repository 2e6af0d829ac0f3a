import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // For `npm run dev`; `npm start` beside it is the server.
  server: { proxy: { '/api': 'http://localhost:3000' } },
})
