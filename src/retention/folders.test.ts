import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PictureFolders } from '../ports/retention.ts';
import { everyFolder, kindOf } from './folders.ts';

it('knows the four kinds of folders', () => {
  assert.equal(kindOf('generated/person/session.jpg'), 'person_results');
  assert.equal(kindOf('stores/store/generated/session.jpg'), 'store_results');
  assert.equal(kindOf('stores/store/uploads/1-photo.png'), 'store_uploads');
  assert.equal(kindOf('uploads/model-1-photo.webp'), 'person_uploads');
});

it('leaves everything else alone', () => {
  const others = [
    'photo.jpg',
    'generated/photo.jpg',
    'generated/person/deeper/photo.jpg',
    'uploads/deeper/photo.jpg',
    'stores/store/logo.png',
    'stores/store/catalogue/photo.jpg',
    'stores/store/uploads/deeper/photo.jpg',
    'Uploads/photo.jpg',
    'archive/uploads/photo.jpg',
    'generated/../photo.jpg',
    'uploads/..',
    'uploads/.emptyFolderPlaceholder',
    '/uploads/photo.jpg',
    'uploads/',
    '',
  ];
  assert.deepEqual(
    others.filter((path) => kindOf(path) !== null),
    [],
  );
});

it('lists every folder, however short the pages are', async () => {
  const entries = ['a', 'b'].map((name) => ({ name, storedAt: null }));
  const pictures: PictureFolders = {
    confirm: async () => {},
    list: async (_, offset) => entries.slice(offset, offset + 1),
    remove: async () => [],
  };
  const paths = (await everyFolder(pictures)).map(({ path }) => path);
  assert.deepEqual(paths, [
    'uploads',
    ...['generated/a', 'generated/b'],
    ...['stores/a/generated', 'stores/a/uploads', 'stores/b/generated', 'stores/b/uploads'],
  ]);
});
