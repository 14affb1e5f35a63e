module.exports = {
  apps: [
    {
      name: 'sdpos-queue',
      script: 'artisan',
      interpreter: 'php',
      args: ['queue:work', '--sleep=1', '--tries=3', '--timeout=60'],
      cwd: __dirname,
      instances: 4,
      exec_mode: 'fork',
      kill_timeout: 3000,
    },
    {
      name: 'sdpos-scheduler',
      script: 'artisan',
      interpreter: 'php',
      args: ['schedule:work'],
      cwd: __dirname,
      instances: 1,
      exec_mode: 'fork',
    },
  ],
};
