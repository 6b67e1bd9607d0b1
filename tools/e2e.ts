// `npm run e2e`: the end to end tests alone.
process.argv.push('e2e')
await import('./test.ts')
