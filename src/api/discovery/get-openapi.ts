import { Type } from 'typebox';
import type { HttpServer } from '../../http/server.ts';
import { answers } from '../responses.ts';

export const getOpenapi = (app: HttpServer) => ({
  schema: {
    summary: 'This description, made from the running routes',
    response: answers({ 200: Type.Any() }),
  },
  handler: async () => app.swagger(),
});
