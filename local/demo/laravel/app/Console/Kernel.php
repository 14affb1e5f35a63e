<?php

namespace App\Console;

use App\Jobs\HealthyJob;
use App\Jobs\LeakyJob;
use App\Jobs\SlowJob;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Foundation\Console\Kernel as ConsoleKernel;
use Illuminate\Support\Facades\Artisan;

class Kernel extends ConsoleKernel
{
    protected function schedule(Schedule $schedule)
    {
        $schedule->command('demo:dispatch healthy')->everyMinute();
    }

    protected function commands()
    {
        Artisan::command('demo:dispatch {kind} {count=1} {seconds=0}', function (string $kind, int $count, float $seconds) {
            for ($at = 0; $at < $count; $at++) {
                if ($kind === 'leaky') {
                    LeakyJob::dispatch($seconds);
                } elseif ($kind === 'slow') {
                    SlowJob::dispatch($seconds);
                } else {
                    HealthyJob::dispatch();
                }
            }
        });
    }
}
