/** The search of an address with one word of it changed; an empty one leaves it. */
export const withWord = <Words extends object>(now: Words, name: keyof Words & string, value: string): Words => ({
  ...now,
  [name]: value === '' ? undefined : value,
})
