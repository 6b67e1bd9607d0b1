import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const gateway = process.env['PLINTH_PUBLIC_URL'] ?? 'http://localhost:8080'
const proxied = ['/api', '/auth', '/events', '/.well-known']

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Fonts and workers stay files of our own origin: a data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: gateway, changeOrigin: false }])) },
})
