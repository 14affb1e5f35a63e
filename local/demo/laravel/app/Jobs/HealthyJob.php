<?php

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Support\Facades\DB;

class HealthyJob implements ShouldQueue
{
    use Dispatchable, Queueable;

    public function handle()
    {
        DB::table('ran')->insert(['kind' => 'healthy', 'pid' => getmypid(), 'ended' => 1]);
    }
}
