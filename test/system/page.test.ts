// The page in a real browser: a reading published over MQTT becomes a row, a chart and a ticket, in both languages. Pictures go to
// test-results/ to be looked at.

import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeDirectory, startProduct, until, type Product } from '../support/product.ts'

const CHROMIUM = '/usr/bin/chromium'
const pictures = resolve(import.meta.dirname, '../../test-results')

describe.skipIf(!existsSync(CHROMIUM))('the page', () => {
  let product: Product
  let browser: Browser
  let page: Page
  let lamp: MqttClient
  const problems: string[] = []
  const id = 'PG-L-1'

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    product = await startProduct()
    await product.api('POST', '/devices', {
      id,
      type: 'streetlight',
      name: '胜利路 1 号灯',
      division: '150802',
      street: '胜利路',
      simulated: true,
    })
    const { body } = await product.api<{ password: string }>(
      'POST',
      `/devices/${id}/credentials`,
      {},
    )
    lamp = await connectAsync({
      ...product.mqtt,
      clientId: id,
      username: id,
      password: body.password,
    })
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    })
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: 'zh-CN',
      timezoneId: 'America/New_York',
    })
    page = await context.newPage()
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (message) => {
      // The first question, who am I, is answered with 401 before signing in.
      if (message.type() === 'error' && !message.text().includes('401'))
        problems.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(product.http) && !request.url().startsWith('data:'))
        problems.push(`foreign request ${request.url()}`)
    })
  })

  afterAll(async () => {
    await browser.close()
    await lamp.endAsync()
    await product.stop()
    removeDirectory(product.dataDirectory)
  })

  const picture = (name: string) => page.screenshot({ path: join(pictures, `${name}.png`) })
  const publish = (leakage: number) =>
    lamp.publishAsync(
      `city/v1/150802/streetlight/${id}/up`,
      JSON.stringify({ v: 1, ts: Date.now(), m: { leakage_current: leakage, voltage: 230 } }),
      { qos: 1 },
    )

  it('asks to sign in, and lets in who has the token', async () => {
    await page.goto(`${product.http}/ops/alerts`)
    await page.fill('input[name=token]', 'wrong')
    await page.click('button[type=submit]')
    await page.waitForSelector('#sign-in-message:not(:empty)')
    await page.fill('input[name=token]', product.token)
    await page.click('button[type=submit]')
    await page.waitForSelector('header nav')
  })

  it('shows a new alert within two seconds of its publication', async () => {
    await publish(2)
    await publish(41.2)
    await publish(41.3)
    const published = performance.now()
    const row = page.locator(`[role=row]`, { hasText: '胜利路 1 号灯' })
    await row.waitFor({ timeout: 5_000 })
    expect(performance.now() - published).toBeLessThan(2_000)
    expect(await row.innerText()).toContain('41.')
    await picture('alerts-zh')
  })

  it('opens the record with its reason and its chart', async () => {
    await page.locator(`[role=row]`, { hasText: '胜利路 1 号灯' }).click()
    await page.waitForSelector('canvas')
    const text = await page.locator('body').innerText()
    expect(text).toContain('LEAKAGE')
    expect(text).toContain('mA')
    await picture('record-zh')
  })

  it('acknowledges, and the state follows', async () => {
    await page.keyboard.press('a')
    await until('the acknowledgement', async () => {
      const { body } = await product.api<{ items: { state: string }[] }>(
        'GET',
        `/alerts?device=${id}`,
      )
      return body.items[0]?.state === 'acked_active'
    })
    await page.waitForSelector('text=已确认')
    await page.keyboard.press('Escape')
  })

  it('speaks English without a reload, and marks simulated data in both languages', async () => {
    expect(await page.locator('body').innerText()).toContain('仿真')
    await page.getByRole('button', { name: 'EN' }).click()
    await page.waitForSelector('html[lang=en]')
    const text = await page.locator('body').innerText()
    expect(text).toContain('Simulated')
    expect(text).toMatch(/Alerts/)
    await picture('alerts-en')
    await page.goto(`${product.http}/ops/tickets`)
    await page.locator('text=胜利路 1 号灯').first().waitFor()
    await picture('tickets-en')
    await page.goto(`${product.http}/ops/devices/${id}`)
    await page.waitForSelector('canvas')
  })

  it('says why a reading was refused, and how far the clock is off, in both languages', async () => {
    await lamp.publishAsync(
      `city/v1/150802/streetlight/${id}/up`,
      JSON.stringify({ v: 1, ts: Date.now() - 400_000, m: { voltage: 231, power: 9_999 } }),
      { qos: 1 },
    )
    await until('the refusal and the clock', async () => {
      const { body } = await product.api<{ items: unknown[] }>('GET', `/devices/${id}/errors`)
      const device = await product.api<{ clock: { skewMs: number } }>('GET', `/devices/${id}`)
      return body.items.length > 0 && device.body.clock.skewMs > 300_000
    })
    await page.reload()
    await page.locator('text=Outside the physical range').waitFor()
    await page.locator('dd', { hasText: /^6 m.* slow$/ }).waitFor()
    await picture('device-en')
    await page.getByRole('button', { name: '中文' }).click()
    await page.locator('text=超出物理量程').waitFor()
    await page.locator('dd', { hasText: /^慢 6 分/ }).waitFor()
    await picture('device-zh')
  })

  it('tells how the pipeline and the telemetry database stand, in both languages', async () => {
    await page.goto(`${product.http}/ops/health`)
    await page.locator('text=账目平衡').waitFor()
    expect(await page.locator('main').innerText()).toMatch(/状态\s*正常/)
    await picture('health-zh')
    await page.getByRole('button', { name: 'EN' }).click()
    await page.locator('text=The accounts balance').waitFor()
    expect(await page.locator('main').innerText()).toMatch(/SQLite 3/)
    await picture('health-en')
  })

  it('charts thirty days without a reload', async () => {
    await page.goto(`${product.http}/ops/devices/${id}`)
    await page.waitForSelector('canvas')
    await page.getByRole('button', { name: '30 d' }).click()
    await page.locator('.chart-readout', { hasText: /\d/ }).waitFor()
    await picture('chart-30d-en')
  })

  it('made no request elsewhere and no error', () => {
    expect(problems).toEqual([])
  })
})
