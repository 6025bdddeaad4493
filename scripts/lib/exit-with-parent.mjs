// Loaded before the API and the worker: when the process that started them is gone, however it went, they stop too.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel alone must not keep a process alive that has finished shutting down.
  process.channel.unref();
}
