type PageOf<Item> = { items: Item[]; nextCursor?: string }
type Asked = { limit: number; cursor?: string }

const pageMax = 100

/** Reads page after page until there are `wanted` items or no more. `cut`: there are more than that. */
export async function allOf<Item>(
  page: (query: Asked) => Promise<PageOf<Item>>,
  wanted: number,
): Promise<{ items: Item[]; cut: boolean }> {
  const items: Item[] = []
  let cursor: string | undefined
  while (items.length < wanted) {
    const limit = Math.min(pageMax, wanted - items.length)
    const read = await page({ limit, ...(cursor !== undefined && { cursor }) })
    items.push(...read.items)
    cursor = read.nextCursor
    if (cursor === undefined || read.items.length === 0) return { items, cut: false }
  }
  return { items, cut: true }
}
