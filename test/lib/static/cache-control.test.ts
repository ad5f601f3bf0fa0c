import t from 'tap'
import { chooseCacheControl } from '../../../lib/static/cache-control.ts'

const forGood = {
  'Vite: base64url of eight': ['/d/assets/index-DiwrgTda.js', '/d/assets/index-Bx_12-bc.css', '/d/assets/index-D-wrgTda.js.map', '/d/assets/logo-BxY12abc.svg'],
  'the same outside of a folder of builds, when it has digits': ['/d/index-BxY12abc.js'],
  'webpack: hexadecimal': ['/d/main.3f2a1b9c.js', '/d/main.3f2a1b9c4d5e6f708192.js', '/d/static/js/787.28cb0dcd.chunk.js', '/d/static/css/main.f855e6bc.css.map'],
  'esbuild and Angular: base32': ['/d/main-2M5TQW3B.js', '/d/assets/main-ABCDWXYZ.js'],
  'Next.js': ['/d/_next/static/chunks/main-0123456789abcdef.js'],
  'base36 with several digits': ['/d/app.k3j9x2q7.js'],
  'fonts, images and WebAssembly': ['/d/inter.a1b2c3d4.woff2', '/d/photo-a1b2c3d4.webp', '/d/lib-a1b2c3d4.wasm'],
  'a compressed form': ['/d/main.3f2a1b9c.js.br', '/d/main.3f2a1b9c.js.gz', '/d/assets/index-DiwrgTda.js.br'],
  'before a word of the build tool': ['/d/main.3f2a1b9c.min.js', '/d/main.3f2a1b9c.bundle.js'],
  'on Windows': ['C:\\d\\assets\\index-DiwrgTda.js'],
}

const everyTime = {
  'pages, whatever they are called': ['/d/index.html', '/d/index.html.br', '/d/page.3f2a1b9c.html', '/d/page-3f2a1b9c.htm', '/d/assets/index.html'],
  'names without a hash': ['/d/app.js', '/d/favicon.ico', '/d/robots.txt', '/d/sw.js', '/d/manifest.webmanifest', '/d/assets/logo.svg', '/d/LICENSE', '/d/3f2a1b9c'],
  versions: ['/d/jquery-3.7.1.min.js', '/d/guide-version2.pdf', '/d/lib-v10.2.3.js', '/d/photo-IMG12345.jpg'],
  dates: ['/d/report-20240101.pdf', '/d/report-2024-01-15.pdf', '/d/report.2024final.pdf'],
  sizes: ['/d/icon-144x144.png', '/d/hero-1920x108.jpg', '/d/hero-1920x1080.jpg', '/d/logo_120x60-1.png'],
  words: ['/d/app-settings.js', '/d/assets/app-settings.js', '/d/assets/app-Settings.js', '/d/app-DarkMode.js', '/d/intro-mp4video.mp4', '/d/the-defaced.js', '/d/the-deadbeef.js'],
  'a hash that is no part of its own': ['/d/main3f2a1b9c.js', '/d/3f2a1b9c.js'],
  'a folder with a hash': ['/d/main.3f2a1b9c/app.js', '/d-3f2a1b9c.js/app.js'],
}

for (const [expected, groups] of Object.entries({ 'public, max-age=31536000, immutable': forGood, 'no-cache': everyTime })) {
  for (const [name, paths] of Object.entries(groups)) {
    t.test(`${expected}: ${name}`, async t => {
      for (const path of paths) t.equal(chooseCacheControl(path), expected, path)
    })
  }
}
