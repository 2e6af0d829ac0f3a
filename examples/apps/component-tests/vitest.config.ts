import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.tsx'],
    exclude: ['src/**/*.browser.test.tsx'],
    env: { VITE_DEADLINE: '1000' }, // so that `unknown` comes soon
  },
})
