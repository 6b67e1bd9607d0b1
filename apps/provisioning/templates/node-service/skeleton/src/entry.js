/** An entry as a caller sends it; throws an error with status 400 that says what to mend. */
export function checkEntry(value) {
  const problem =
    value === null || typeof value !== 'object' ? 'Send an object'
    : !Number.isSafeInteger(value.amount) ? '`amount` must be a whole number of cents'
    : typeof value.description !== 'string' || value.description.length === 0 || value.description.length > 200
      ? '`description` must be 1 to 200 characters'
    : undefined
  if (problem) throw Object.assign(new Error(problem), { status: 400 })
  return { amount: value.amount, description: value.description }
}
