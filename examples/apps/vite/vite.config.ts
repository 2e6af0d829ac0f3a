import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // For `npm run dev`; `npm start` beside it is the server.
  server: {
    port: Number(process.env['PORT'] ?? 5173),
    proxy: { '/api': process.env['SHOP_URL'] ?? 'http://localhost:3000' },
  },
})
