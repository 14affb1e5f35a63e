/** The floor: a process that starts and answers. */
exports.handler = async () => ({ statusCode: 200, body: '' });
