import type { Locator, Page } from 'playwright-core'

/** The operations that Swagger UI shows: `GET /users/items/{id}`. */
export async function listOperations (page: Page): Promise<string[]> {
  await page.locator('.opblock').first().waitFor()
  const operations = await page.locator('.opblock').all()
  return Promise.all(operations.map(describeOperation))
}

async function describeOperation (operation: Locator): Promise<string> {
  const method = await operation.locator('.opblock-summary-method').innerText()
  const path = await operation.locator('.opblock-summary-path').getAttribute('data-path')
  return `${method} ${path}`
}

/** What Swagger UI shows of a response. */
export interface ShownResponse {
  status: string
  body: string
  /** Where it sent the request. */
  url: string
}

/**
 * Opens an operation, presses "Try it out", fills in its parameters and its body, and presses "Execute".
 * @param operation - as `listOperations` names it
 * @param input - parameters by name; `body` is the body
 */
export async function tryOut (
  page: Page,
  operation: string,
  { body, ...parameters }: Record<string, string>
): Promise<ShownResponse> {
  const block = await findOperation(page, operation)
  await block.locator('.opblock-summary').click()
  await block.locator('.try-out__btn').click()
  for (const [name, value] of Object.entries(parameters)) {
    await block.locator(`tr[data-param-name="${name}"] input`).fill(value)
  }
  if (body !== undefined) await block.locator('textarea.body-param__text').fill(body)
  await block.locator('button.execute').click()
  return readResponse(block.locator('.live-responses-table .response').first(), block)
}

async function readResponse (response: Locator, block: Locator): Promise<ShownResponse> {
  await response.waitFor()
  const status = await response.locator('.response-col_status').innerText()
  const body = await response.locator('.highlight-code, .microlight').first().innerText()
  const url = await block.locator('.request-url').innerText()
  return { status: status.trim(), body, url: /https?:\S+/.exec(url)?.[0] ?? url }
}

async function findOperation (page: Page, operation: string): Promise<Locator> {
  const operations = await listOperations(page)
  const index = operations.indexOf(operation)
  if (index === -1) throw new Error(`no ${operation} among ${operations.join(', ')}`)
  return page.locator('.opblock').nth(index)
}

/** Presses "Authorize", and gives user and password of an OAuth2 password flow. */
export async function authorize (page: Page, username: string, password: string): Promise<void> {
  await page.locator('.btn.authorize').first().click()
  const dialog = page.locator('.dialog-ux .modal-ux')
  await dialog.locator('#oauth_username').fill(username)
  await dialog.locator('#oauth_password').fill(password)
  await dialog.locator('button.modal-btn.authorize').click()
  await dialog.locator('.auth-container h6', { hasText: 'Authorized' }).waitFor()
  await dialog.locator('.btn-done').click()
}
