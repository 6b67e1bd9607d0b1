import { defineConfig } from 'vitest/config'

/** The portal's browser tests: the built portal in a real Chromium, against answers that are checked against the contracts. */
export default defineConfig({
  test: { name: 'browser', root: import.meta.dirname, include: ['test/**/*.browser.test.ts'], hookTimeout: 120_000 },
})
