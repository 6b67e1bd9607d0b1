import { buildPortal } from '../platform/portal.ts'

/** vitest's globalSetup of the tests that serve the portal: its files, as users get them, built where they are old. */
export const setup = buildPortal
