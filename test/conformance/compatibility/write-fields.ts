import { readFileSync, writeFileSync } from 'node:fs';
import { fieldStates } from '../../../libs/kinds/src/fields/index.ts';
import { fieldsSection, withFields } from './fields-section.ts';

const path = 'docs/compatibility.md';
writeFileSync(path, withFields(readFileSync(path, 'utf8'), fieldsSection(fieldStates)));
